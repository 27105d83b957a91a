declare module '*.module.css' {
  const classes: Readonly<Record<string, string>>;
  // biome-ignore lint/style/noDefaultExport: That is how Vite hands over a CSS module.
  export default classes;
}
declare module '*.css' {}
