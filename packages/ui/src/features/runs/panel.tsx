import { TextInput } from '@mantine/core';
import type { ReactNode } from 'react';
import { SearchIcon } from '../../icons/icons.tsx';
import classes from './panel.module.css';

interface PanelProps {
  readonly title: string;
  readonly count: number;
  readonly words: string;
  readonly onWords: (words: string) => void;
  readonly children: ReactNode;
}

/** Fewer than this are found by eye. */
const WORTH_SEARCHING = 8;

/** A titled table of a run, with a search when there is much in it. */
export function Panel({ title, count, words, onWords, children }: PanelProps) {
  return (
    <section className={classes.panel}>
      <div className={classes.head}>
        <h2>
          {title} <span className="dim">{count}</span>
        </h2>
        {count >= WORTH_SEARCHING && (
          <TextInput
            size="xs"
            type="search"
            aria-label={`Search ${title.toLowerCase()}`}
            placeholder="Search"
            leftSection={<SearchIcon size={13} />}
            value={words}
            onChange={(event) => onWords(event.currentTarget.value)}
          />
        )}
      </div>
      {count === 0 ? <p className={classes.nothing}>None.</p> : children}
    </section>
  );
}
