import { invalidParameter, preview } from '@bitacora/protocol';

/** A registered model with this tag is a prompt, and so is each of its versions. */
export const IS_PROMPT_TAG = 'mlflow.prompt.is_prompt';
export const PROMPT_TEXT_TAG = 'mlflow.prompt.text';
export const PROMPT_TYPE_TAG = '_mlflow_prompt_type';

interface Tag {
  readonly key: string;
  readonly value?: string | null | undefined;
}

/** Of repeated keys the last counts, as where they are stored. */
export const isPrompt = (tags: readonly Tag[]): boolean =>
  tags.findLast(({ key }) => key === IS_PROMPT_TAG)?.value?.toLowerCase() === 'true';

/** A prompt's text is in a tag: its version's source only fills the column. */
const SOURCES: readonly string[] = ['dummy-source', 'prompt-template'];

/** @throws MlflowError INVALID_PARAMETER_VALUE */
export function checkPromptSource(source: string): void {
  if (SOURCES.includes(source)) return;
  throw invalidParameter(
    `Invalid prompt source '${preview(source)}' for parameter 'source'. A prompt has none of its own: send ${SOURCES.join(' or ')}.`,
  );
}
