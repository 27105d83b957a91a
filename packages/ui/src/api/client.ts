import { createClient } from '@bitacora/protocol';

/** Where this page was served from, without a final slash: below a path prefix the API lies below it too. */
export const baseUrl = new URL('.', document.baseURI).href.replace(/\/$/, '');

export const client = createClient({ baseUrl });
