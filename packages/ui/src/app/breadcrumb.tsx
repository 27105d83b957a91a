import { Link } from '@tanstack/react-router';
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react';
import { ChevronRightIcon } from '../icons/icons.tsx';
import classes from './breadcrumb.module.css';

export interface Crumb {
  readonly label: string;
  /** An address within these pages; the last crumb is the page itself and needs none. */
  readonly to?: string;
}

const CrumbsContext = createContext<readonly Crumb[]>([]);
const SetCrumbsContext = createContext<(crumbs: readonly Crumb[]) => void>(() => {});

export function BreadcrumbProvider({ children }: { readonly children: ReactNode }) {
  const [crumbs, setCrumbs] = useState<readonly Crumb[]>([]);
  return (
    <SetCrumbsContext value={setCrumbs}>
      <CrumbsContext value={crumbs}>{children}</CrumbsContext>
    </SetCrumbsContext>
  );
}

/** A page says where it stands; its title is made of the same words. */
export function PagePlace({ crumbs }: { readonly crumbs: readonly Crumb[] }) {
  const setCrumbs = useContext(SetCrumbsContext);
  const signature = JSON.stringify(crumbs);
  const stable = useMemo(() => JSON.parse(signature) as readonly Crumb[], [signature]);
  useEffect(() => {
    setCrumbs(stable);
    // What follows may fail before it can say where it stands: better no trail than that of the page before.
    return () => setCrumbs([]);
  }, [stable, setCrumbs]);
  return <title>{[...stable.map(({ label }) => label).reverse(), 'Bitácora'].join(' · ')}</title>;
}

export function Breadcrumb() {
  const crumbs = useContext(CrumbsContext);
  return (
    <nav aria-label="Breadcrumb" className={classes.trail}>
      <ol>
        {crumbs.map(({ label, to }, index) => (
          <li key={to ?? 'here'} className={classes.crumb}>
            {index > 0 && <ChevronRightIcon size={13} className={classes.mark} />}
            {to === undefined ? (
              <span className="truncate" aria-current="page" title={label}>
                {label}
              </span>
            ) : (
              <Link to={to} className="truncate" title={label}>
                {label}
              </Link>
            )}
          </li>
        ))}
      </ol>
    </nav>
  );
}
