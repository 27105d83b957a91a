import { ActionIcon, type MantineColorScheme, Menu, useMantineColorScheme } from '@mantine/core';
import { AutoIcon, CheckIcon, MoonIcon, SunIcon } from '../icons/icons.tsx';

const SCHEMES: readonly {
  readonly scheme: MantineColorScheme;
  readonly label: string;
  readonly Icon: typeof SunIcon;
}[] = [
  { scheme: 'light', label: 'Light', Icon: SunIcon },
  { scheme: 'dark', label: 'Dark', Icon: MoonIcon },
  { scheme: 'auto', label: 'As the system', Icon: AutoIcon },
];

export function ColorSchemeSwitch({ className = '' }: { readonly className?: string | undefined }) {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const current = SCHEMES.find(({ scheme }) => scheme === colorScheme) ?? SCHEMES[2]!;
  return (
    <Menu position="right-end">
      <Menu.Target>
        <ActionIcon aria-label={`Colour scheme: ${current.label}`} size="lg" className={className}>
          <current.Icon size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {SCHEMES.map(({ scheme, label, Icon }) => (
          <Menu.Item
            key={scheme}
            role="menuitemradio"
            aria-checked={scheme === colorScheme}
            leftSection={<Icon size={15} />}
            rightSection={scheme === colorScheme ? <CheckIcon size={14} /> : null}
            onClick={() => setColorScheme(scheme)}
          >
            {label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
