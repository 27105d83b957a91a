import classes from './dataset-drawer.module.css';
import { FactList } from './fact-list.tsx';
import { readProfile } from './profile.ts';
import { TextBlock } from './text-block.tsx';

export function ProfileSection({ text }: { readonly text: string }) {
  const facts = readProfile(text);
  if (text === 'null' || facts?.length === 0) return null;
  return (
    <section className={classes.section}>
      <h3>Profile</h3>
      {facts ? <FactList facts={facts} /> : <TextBlock label="Profile" text={text} />}
    </section>
  );
}
