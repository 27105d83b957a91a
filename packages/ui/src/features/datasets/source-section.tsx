import type { ReactNode } from 'react';
import { CopyButton } from '../../app/copy-button.tsx';
import classes from './dataset-drawer.module.css';
import { FactList } from './fact-list.tsx';
import { readSource } from './source.ts';

interface SourceSectionProps {
  readonly sourceType: string;
  readonly source: string;
  /** What else is to be said of it. */
  readonly children?: ReactNode;
}

export function SourceSection({ sourceType, source, children }: SourceSectionProps) {
  const { kind, location, link, facts } = readSource(sourceType, source);
  return (
    <section className={classes.section}>
      <div className={classes.head}>
        <h3>Source</h3>
        <span className="dim">{kind}</span>
      </div>
      {location !== undefined && (
        <p className={classes.location}>
          <span className="mono">{location}</span> <CopyButton value={location} what="the source" />
          {link && (
            <a href={link.href} target="_blank" rel="noreferrer noopener">
              {link.label}
            </a>
          )}
        </p>
      )}
      <FactList facts={facts} />
      {children}
      {sourceType === 'code' && (
        <p className="dim">The data was made by this code. Name a source when logging it to find it again.</p>
      )}
    </section>
  );
}
