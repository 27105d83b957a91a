/** A compass: where the experiments have been, and where to go on. */
export function Logo({ size }: { readonly size: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <circle cx="16" cy="16" r="13" fill="none" stroke="#e9b44c" strokeWidth="2" />
      <path d="M16 5.5 19 16 16 26.5 13 16Z" fill="#f6f1e4" />
      <path d="M16 5.5 19 16H13Z" fill="#e9b44c" />
    </svg>
  );
}
