import { parseFilter, SearchSyntaxError, type TargetName } from '@bitacora/search';

/** What is wrong with a filter and where, or undefined if it can be read. Blank is no filter. */
export function findMistake(target: TargetName, text: string): SearchSyntaxError | undefined {
  try {
    parseFilter(target, text.trim() === '' ? '' : text);
    return undefined;
  } catch (error) {
    if (error instanceof SearchSyntaxError) return error;
    throw error;
  }
}
