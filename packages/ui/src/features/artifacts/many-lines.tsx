import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef } from 'react';
import { ScrollRegion } from '../../table/scroll-region.tsx';
import classes from './artifact-browser.module.css';
import previewClasses from './previews.module.css';

const LINE_HEIGHT = 20;
/** A line may be a whole file; more than this of it is not drawn. */
const LONGEST_LINE = 4_000;

interface ManyLinesProps {
  readonly lines: readonly string[];
  /** Of the first line; absent when nobody knows it. */
  readonly firstNumber: number | undefined;
  /** A line to be seen at once. */
  readonly marked: number | undefined;
  /** Whether the last line is to be seen first. */
  readonly isAtEnd: boolean;
}

/** More lines than a browser draws: those in view are in the document. */
export function ManyLines({ lines, firstNumber, marked, isAtEnd }: ManyLinesProps) {
  const scroller = useRef<HTMLElement>(null);
  const window = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => LINE_HEIGHT,
    overscan: 20,
  });
  // What is loaded before the line at hand must not move it out of view.
  const goal = marked ?? (isAtEnd ? lines.length - 1 : undefined);
  useEffect(() => {
    if (goal !== undefined) window.scrollToIndex(goal, { align: marked === undefined ? 'end' : 'center' });
  }, [window, goal, marked]);
  return (
    <ScrollRegion ref={scroller} className={classes.text} aria-label="File content">
      <div className={classes.lines} style={{ height: window.getTotalSize() }}>
        {window.getVirtualItems().map(({ index, start }) => {
          const line = lines[index]!;
          return (
            <div
              key={index}
              className={`${classes.lineRow} ${index === marked ? previewClasses.marked : ''}`}
              aria-current={index === marked || undefined}
              style={{ top: start }}
            >
              <span className={classes.lineNumber}>{firstNumber !== undefined && firstNumber + index}</span>
              {line.length > LONGEST_LINE
                ? `${line.slice(0, LONGEST_LINE)}… (${line.length} characters)`
                : line}
            </div>
          );
        })}
      </div>
    </ScrollRegion>
  );
}
