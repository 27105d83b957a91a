/** How long traces stay: minutes, hours or days. MLflow's column has room for 32 characters. */
export const DURATION = /^[1-9][0-9]{0,30}[mhd]$/;
