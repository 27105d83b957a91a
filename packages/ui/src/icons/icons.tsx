import type { ReactNode } from 'react';

export interface IconProps {
  readonly size?: number;
  readonly className?: string | undefined;
}

/** Decoration only: whatever shows an icon names itself in words. */
function Drawing({ size = 16, className, children }: IconProps & { readonly children: ReactNode }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth={2}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      className={className}
    >
      {children}
    </svg>
  );
}

const icon = (drawing: ReactNode) => (props: IconProps) => <Drawing {...props}>{drawing}</Drawing>;

const line = (d: string) => <path d={d} />;

export const FlaskIcon = icon(
  line('M9 3h6M10 3v6L4.6 18.4A1.7 1.7 0 0 0 6 21h12a1.7 1.7 0 0 0 1.4-2.6L14 9V3M7.5 14.5h9'),
);
export const SearchIcon = icon(line('M16.5 16.5 21 21M18.5 11a7.5 7.5 0 1 1-15 0 7.5 7.5 0 0 1 15 0Z'));
export const SunIcon = icon(
  line(
    'M12 16.2a4.2 4.2 0 1 0 0-8.4 4.2 4.2 0 0 0 0 8.4ZM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M18.7 5.3l-1.4 1.4M6.7 17.3l-1.4 1.4',
  ),
);
export const MoonIcon = icon(line('M20.5 14.2A8.8 8.8 0 0 1 9.8 3.5a8.8 8.8 0 1 0 10.7 10.7Z'));
export const AutoIcon = icon(
  <>
    <circle cx="12" cy="12" r="8.8" />
    <path d="M12 3.2v17.6a8.8 8.8 0 0 0 0-17.6Z" fill="currentColor" stroke="none" />
  </>,
);
export const KeyboardIcon = icon(line('M3 6.5h18v11H3zM6.5 10h.01M10 10h.01M13.5 10h.01M17 10h.01M8 14h8'));
export const ChevronRightIcon = icon(line('m9 5.5 6.5 6.5L9 18.5'));
export const ChevronDownIcon = icon(line('M5.5 9 12 15.5 18.5 9'));
export const PlusIcon = icon(line('M12 4.5v15M4.5 12h15'));
export const CloseIcon = icon(line('m5.5 5.5 13 13M18.5 5.5l-13 13'));
export const CheckIcon = icon(line('m4.5 12.5 5 5 10-11'));
export const TrashIcon = icon(line('M4 6.5h16M9.5 6V3.8h5V6M6 6.5l1 14h10l1-14M10 10.5v6M14 10.5v6'));
export const RestoreIcon = icon(line('M4 4.5v5h5M4.6 9.5A8.4 8.4 0 1 1 3.6 13'));
export const PencilIcon = icon(line('m14.5 5.5 4 4L8 20H4v-4L14.5 5.5ZM12.5 7.5l4 4'));
export const DotsIcon = icon(
  <>
    <circle cx="5" cy="12" r="1.4" fill="currentColor" stroke="none" />
    <circle cx="12" cy="12" r="1.4" fill="currentColor" stroke="none" />
    <circle cx="19" cy="12" r="1.4" fill="currentColor" stroke="none" />
  </>,
);
export const CopyIcon = icon(line('M8.5 8.5h11v11h-11zM15.5 8.5v-4h-11v11h4'));
export const DownloadIcon = icon(line('M12 3.5v11.5M7 10.5l5 5 5-5M4 20.5h16'));
export const ColumnsIcon = icon(line('M3.5 4.5h17v15h-17zM9.2 4.5v15M14.8 4.5v15'));
export const TableIcon = icon(line('M3.5 4.5h17v15h-17zM3.5 9.5h17M3.5 14.5h17M9.5 9.5v10'));
export const ChartIcon = icon(line('M4 3.5V20.5H20.5M7.5 15.5l4-5 3.5 3 5-7'));
export const CompareIcon = icon(line('M9 4.5H3.5v15H9M15 4.5h5.5v15H15M12 2.5v19'));
export const ArrowUpIcon = icon(line('M12 19.5v-15M6 10.5l6-6 6 6'));
export const ArrowDownIcon = icon(line('M12 4.5v15M6 13.5l6 6 6-6'));
export const FolderIcon = icon(line('M3.5 6h6l2 2.5h9v10.5h-17z'));
export const FileIcon = icon(line('M6 3.5h8l4.5 4.5v12.5H6zM13.5 3.5V8.5H18.5'));
export const ImageIcon = icon(line('M3.5 4.5h17v15h-17zM4 17l5-5 4 4 2.5-2.5L20 18M15.5 9.5h.01'));
export const DatasetIcon = icon(
  line(
    'M20 6c0 1.7-3.6 3-8 3S4 7.7 4 6s3.6-3 8-3 8 1.3 8 3ZM4 6v12c0 1.7 3.6 3 8 3s8-1.3 8-3V6M4 12c0 1.7 3.6 3 8 3s8-1.3 8-3',
  ),
);
export const ModelIcon = icon(
  line('m12 2.8 8.2 4.6v9.2L12 21.2l-8.2-4.6V7.4zM3.8 7.4 12 12l8.2-4.6M12 12v9.2'),
);
export const ClockIcon = icon(line('M12 20.8a8.8 8.8 0 1 0 0-17.6 8.8 8.8 0 0 0 0 17.6ZM12 7v5.2l3.5 2'));
export const UserIcon = icon(
  line('M12 11.5a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4.5 20.5c.8-3.6 3.8-5.5 7.5-5.5s6.7 1.9 7.5 5.5'),
);
export const RefreshIcon = icon(line('M20 4.5v5h-5M19.4 9.5A8.4 8.4 0 1 0 20.4 13'));
export const FinishedIcon = icon(
  line('M12 20.8a8.8 8.8 0 1 0 0-17.6 8.8 8.8 0 0 0 0 17.6ZM8 12.3l2.8 2.8L16 9.5'),
);
export const FailedIcon = icon(line('M12 20.8a8.8 8.8 0 1 0 0-17.6 8.8 8.8 0 0 0 0 17.6ZM9 9l6 6M15 9l-6 6'));
export const KilledIcon = icon(line('M12 20.8a8.8 8.8 0 1 0 0-17.6 8.8 8.8 0 0 0 0 17.6ZM9 9h6v6H9z'));
export const RunningIcon = icon(line('M12 3.2a8.8 8.8 0 1 1-8.8 8.8'));
export const WarningIcon = icon(line('M12 3.5 22 20.5H2zM12 10v4.5M12 17.5h.01'));
export const ExpandIcon = icon(line('M14.5 4.5h5v5M9.5 19.5h-5v-5M19.5 4.5l-6 6M4.5 19.5l6-6'));
export const SaveIcon = icon(line('M12 4v11M7.5 10.5 12 15l4.5-4.5M4.5 19.5h15'));
