/** A compass in a logbook's seal: the needle points to where the numbers got better. */
export function Logo({ size = 30 }: { readonly size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <circle cx="16" cy="16" r="10.2" fill="none" stroke="currentColor" strokeWidth="1.7" />
      <path d="M20.9 11.1 17.8 17.8 14.2 14.2Z" fill="#f6c453" />
      <path d="M11.1 20.9 14.2 14.2 17.8 17.8Z" fill="currentColor" />
      <path
        d="M16 3.2v2.8M16 26v2.8M3.2 16H6M26 16h2.8"
        stroke="currentColor"
        strokeWidth="1.7"
        strokeLinecap="round"
      />
    </svg>
  );
}
