import { createTheme, type MantineColorsTuple } from '@mantine/core';

/** Sea and brass: deep water for what acts, brass for what is chosen. */
const sea: MantineColorsTuple = [
  '#e8f5f8',
  '#d3e8ee',
  '#a6d1de',
  '#76b9cd',
  '#50a5bf',
  '#3898b6',
  '#2a92b2',
  '#1a7f9d',
  '#06718d',
  '#00627c',
];

export const theme = createTheme({
  primaryColor: 'sea',
  primaryShade: { light: 8, dark: 5 },
  colors: { sea },
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, monospace',
  defaultRadius: 'sm',
  fontSizes: { sm: '0.8125rem', md: '0.9rem' },
  headings: { fontWeight: '650' },
});
