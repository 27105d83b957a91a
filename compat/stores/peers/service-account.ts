import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';

/**
 * Writes the file of a service account of Google's, with a key of its own, for `GOOGLE_APPLICATION_CREDENTIALS`.
 *
 * @param more fields that it has besides those that any such file has.
 */
export function writeServiceAccount(path: string, more: Readonly<Record<string, string>> = {}): void {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const account = {
    type: 'service_account',
    project_id: 'tests',
    private_key_id: 'tests',
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    client_email: 'bitacora@tests.iam.gserviceaccount.com',
    client_id: '1',
    ...more,
  };
  writeFileSync(path, JSON.stringify(account));
}
