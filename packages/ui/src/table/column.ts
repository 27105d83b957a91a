import type { ReactNode } from 'react';

export interface Column<Row> {
  readonly id: string;
  readonly title: string;
  /** What kind of thing the title names: shown small above it. */
  readonly group?: string;
  readonly width: number;
  readonly align?: 'end';
  /** Stays in view when the table scrolls sideways. */
  readonly pinned?: boolean;
  readonly sortable?: boolean;
  readonly cell: (row: Row) => ReactNode;
}

export interface Sort {
  readonly id: string;
  readonly ascending: boolean;
}
