const IMAGE = /^(?:png|jpe?g|gif|webp|avif|bmp|ico|svg|tiff?)$/;
/** Pictures that the server makes small. */
const SMALL = /^(?:png|jpe?g|gif|webp|avif|tiff?)$/;

const extensionOf = (path: string): string => /\.([^./]+)$/.exec(path)?.[1]?.toLowerCase() ?? '';

/** Whether the name says that it is a picture; what the content is, the server says of a file that is opened. */
export const looksLikeImage = (path: string): boolean => IMAGE.test(extensionOf(path));
export const hasThumbnail = (path: string): boolean => SMALL.test(extensionOf(path));
export const isHtml = (path: string): boolean => /^html?$/.test(extensionOf(path));

/** The type of a picture by its format, as the server names it. */
export const imageType = (format: string): string =>
  format === 'svg' ? 'image/svg+xml' : format === 'ico' ? 'image/x-icon' : `image/${format}`;
