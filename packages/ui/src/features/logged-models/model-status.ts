import type { LoggedModelStatus } from '@bitacora/protocol';

const WORDS: Readonly<Record<LoggedModelStatus, string>> = {
  LOGGED_MODEL_STATUS_UNSPECIFIED: 'Unknown',
  LOGGED_MODEL_PENDING: 'Pending',
  LOGGED_MODEL_READY: 'Ready',
  LOGGED_MODEL_UPLOAD_FAILED: 'Upload failed',
};

export const modelStatus = (status: LoggedModelStatus): string => WORDS[status];
