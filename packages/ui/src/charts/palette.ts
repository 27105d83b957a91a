/** Told apart with any colour vision as far as ten can be, and 3:1 or more against the page. */
const LIGHT = [
  '#0b7285',
  '#d9480f',
  '#6741d9',
  '#2b8a3e',
  '#c2255c',
  '#1864ab',
  '#966400',
  '#495057',
  '#087f5b',
  '#9c36b5',
];
const DARK = [
  '#4dc4d6',
  '#ff922b',
  '#a78bfa',
  '#69db7c',
  '#f783ac',
  '#74b9ff',
  '#ffd43b',
  '#ced4da',
  '#52d6ac',
  '#e599f7',
];

export const seriesColor = (index: number, scheme: 'light' | 'dark'): string => {
  const palette = scheme === 'dark' ? DARK : LIGHT;
  return palette[index % palette.length]!;
};
