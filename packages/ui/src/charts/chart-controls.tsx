import { SegmentedControl, Slider, Switch, TextInput } from '@mantine/core';
import { SearchIcon } from '../icons/icons.tsx';
import classes from './chart-controls.module.css';
import type { ChartSettings } from './chart-settings.ts';
import type { XAxis } from './series.ts';

interface ChartControlsProps {
  readonly settings: ChartSettings;
  readonly onSettings: (settings: ChartSettings) => void;
  readonly words: string;
  readonly onWords: (words: string) => void;
  readonly children?: React.ReactNode;
}

const AXES: { readonly value: XAxis; readonly label: string }[] = [
  { value: 'step', label: 'Step' },
  { value: 'time', label: 'Time' },
  { value: 'relative', label: 'Relative' },
];

export function ChartControls({ settings, onSettings, words, onWords, children }: ChartControlsProps) {
  return (
    <div className={classes.bar}>
      <TextInput
        size="xs"
        type="search"
        aria-label="Search charts"
        placeholder="Search charts"
        leftSection={<SearchIcon size={13} />}
        value={words}
        onChange={(event) => onWords(event.currentTarget.value)}
      />
      <SegmentedControl
        size="xs"
        aria-label="Horizontal axis"
        data={AXES}
        value={settings.axis}
        onChange={(axis) => onSettings({ ...settings, axis: axis as XAxis })}
      />
      <div className={classes.slider}>
        <span id="smoothing-label">Smoothing</span>
        <Slider
          size="xs"
          w={130}
          min={0}
          max={0.99}
          step={0.01}
          thumbProps={{ 'aria-labelledby': 'smoothing-label' }}
          label={(value) => value.toFixed(2)}
          value={settings.smoothing}
          onChange={(smoothing) => onSettings({ ...settings, smoothing })}
        />
      </div>
      <Switch
        size="xs"
        label="Log scale"
        checked={settings.isLog}
        onChange={(event) => onSettings({ ...settings, isLog: event.currentTarget.checked })}
      />
      {children}
    </div>
  );
}
