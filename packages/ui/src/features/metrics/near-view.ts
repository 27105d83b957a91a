import { type RefObject, useEffect, useRef, useState } from 'react';

/** Begun a little before it can be seen. */
const MARGIN = '240px';

/** Whether an element is in or close to the view. */
export function useNearView<T extends Element>(): readonly [RefObject<T | null>, boolean] {
  const place = useRef<T>(null);
  const [isNear, setNear] = useState(false);
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const observer = new IntersectionObserver((entries) => setNear(entries.at(-1)?.isIntersecting ?? false), {
      rootMargin: MARGIN,
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [place, isNear];
}
