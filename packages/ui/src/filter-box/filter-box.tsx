import type { TargetName } from '@bitacora/search';
import { CloseButton } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { lazy, Suspense, useEffect, useId, useRef, useState } from 'react';
import { SearchIcon } from '../icons/icons.tsx';
import type { KnownKeys } from './completion.ts';
import classes from './filter-box.module.css';
import type { EditorHandle } from './filter-editor.tsx';
import { findMistake } from './mistake.ts';

const FilterEditor = lazy(async () => ({ default: (await import('./filter-editor.tsx')).FilterEditor }));

export interface FilterBoxProps {
  readonly label: string;
  readonly placeholder: string;
  readonly target: TargetName;
  /** The filter that is in force. */
  readonly value: string;
  readonly keys: KnownKeys;
  readonly onApply: (filter: string) => void;
  readonly serverError?: string | undefined;
}

/**
 * A line in MLflow's search language: marks what cannot be read where it stands, suggests what may follow, and is
 * applied by Enter. Until its editor has arrived it is a plain text field.
 */
export function FilterBox({ label, placeholder, target, value, keys, onApply, serverError }: FilterBoxProps) {
  const [draft, setDraft] = useState(value);
  const [isTouched, setTouched] = useState(false);
  const handle = useRef<EditorHandle>(null);
  const messageId = useId();

  // The address may change by itself: back, forward, a link.
  useEffect(() => {
    setDraft(value);
    setTouched(false);
  }, [value]);
  useHotkeys([['/', () => handle.current?.focus()]]);

  const mistake = findMistake(target, draft);
  const apply = (text: string) => {
    setTouched(true);
    if (!findMistake(target, text)) onApply(text.trim());
  };
  // While a word is being written it is wrong most of the time; the message waits until one means it.
  const message =
    draft.trim() !== '' && mistake && isTouched ? mistake.message : draft === value ? serverError : undefined;
  const field = { label, placeholder, value: draft, isInvalid: message !== undefined, messageId };

  return (
    <div className={classes.box}>
      <div className={classes.field} data-invalid={message !== undefined || undefined}>
        <SearchIcon size={14} className={classes.icon} />
        <Suspense
          fallback={
            <input
              className={classes.plain}
              aria-label={label}
              placeholder={placeholder}
              value={draft}
              onChange={(event) => setDraft(event.currentTarget.value)}
              onKeyDown={(event) => {
                if (event.key === 'Enter') apply(draft);
              }}
            />
          }
        >
          <FilterEditor
            {...field}
            ref={handle}
            target={target}
            keys={keys}
            onChange={setDraft}
            onApply={apply}
          />
        </Suspense>
        {draft !== value && <span className={classes.hint}>Enter to apply</span>}
        {draft !== '' && (
          <CloseButton
            size="xs"
            aria-label="Clear the filter"
            onClick={() => {
              setDraft('');
              onApply('');
              handle.current?.focus();
            }}
          />
        )}
      </div>
      <p id={messageId} className={classes.message} role="status">
        {message}
      </p>
    </div>
  );
}
