import { VisuallyHidden } from '@mantine/core';
import classes from './null-value.module.css';

/** A value that is missing. Neither an empty text nor the text "null" is: to the eye it is muted, to the ear it is named. */
export const NullValue = () => (
  <span className={classes.none}>
    <VisuallyHidden className={classes.spoken}>no value, </VisuallyHidden>
    null
  </span>
);
