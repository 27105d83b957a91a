import { Kbd, Modal } from '@mantine/core';
import classes from './shortcut-sheet.module.css';

const SHORTCUTS: readonly (readonly [keys: readonly string[], what: string])[] = [
  [['Ctrl', 'K'], 'Go to an experiment or a run'],
  [['?'], 'This sheet'],
  [['/'], 'Search or filter the table'],
  [['↑', '↓'], 'Previous or next row, from a link or tick box in a table'],
  [['Shift', 'Click'], 'Select all rows from the last one ticked'],
  [['Alt', '←', '→'], 'Narrow or widen the column whose header has the focus'],
  [['Enter'], 'Apply the filter'],
  [['Ctrl', 'Space'], 'Suggestions in the filter box'],
  [['Esc'], 'Close what is open'],
];

export function ShortcutSheet({ onClose }: { readonly onClose: () => void }) {
  return (
    <Modal opened onClose={onClose} title="Keyboard shortcuts" closeButtonProps={{ 'aria-label': 'Close' }}>
      <dl className={classes.list}>
        {SHORTCUTS.map(([keys, what]) => (
          <div key={what}>
            <dt>
              {keys.map((key) => (
                <Kbd key={key}>{key}</Kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Modal>
  );
}
