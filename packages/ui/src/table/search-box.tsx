import { TextInput } from '@mantine/core';
import { useDebouncedCallback, useHotkeys } from '@mantine/hooks';
import { useRef } from 'react';
import { SearchIcon } from '../icons/icons.tsx';
import pageClasses from './table-page.module.css';

const TYPING_PAUSE_MS = 250;

interface SearchBoxProps {
  /** What is searched, and by what: `Search experiments by name`. */
  readonly label: string;
  readonly placeholder: string;
  /** What is sought as the page opens. */
  readonly words: string | undefined;
  /** Called when typing pauses; undefined for an empty box. */
  readonly onWords: (words: string | undefined) => void;
}

/** Finds rows of a list by a piece of text; `/` goes to it from anywhere on the page. */
export function SearchBox({ label, placeholder, words, onWords }: SearchBoxProps) {
  const box = useRef<HTMLInputElement>(null);
  const find = useDebouncedCallback((typed: string) => onWords(typed || undefined), TYPING_PAUSE_MS);
  useHotkeys([['/', () => box.current?.focus()]]);
  return (
    <TextInput
      ref={box}
      className={pageClasses.grow ?? ''}
      size="xs"
      type="search"
      aria-label={label}
      placeholder={placeholder}
      leftSection={<SearchIcon size={14} />}
      defaultValue={words ?? ''}
      onChange={(event) => find(event.currentTarget.value)}
    />
  );
}
