import { useLocalStorage } from '@mantine/hooks';
import type { XAxis } from './series.ts';

export interface ChartSettings {
  readonly axis: XAxis;
  readonly smoothing: number;
  readonly isLog: boolean;
}

const DEFAULTS: ChartSettings = { axis: 'step', smoothing: 0, isLog: false };
const AXES: readonly XAxis[] = ['step', 'time', 'relative'];

/** How charts are drawn: a habit of the person, kept in the browser. */
export function useChartSettings() {
  return useLocalStorage<ChartSettings>({
    key: 'bitacora.charts',
    defaultValue: DEFAULTS,
    getInitialValueInEffect: false,
    deserialize: readSettings,
  });
}

function readSettings(text: string | undefined): ChartSettings {
  try {
    const { axis, smoothing, isLog } = JSON.parse(text ?? '') as Readonly<Record<string, unknown>>;
    return {
      axis: AXES.find((known) => known === axis) ?? DEFAULTS.axis,
      smoothing:
        typeof smoothing === 'number' && smoothing >= 0 && smoothing < 1 ? smoothing : DEFAULTS.smoothing,
      isLog: isLog === true,
    };
  } catch {
    return DEFAULTS;
  }
}
