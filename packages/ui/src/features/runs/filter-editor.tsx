import type { SearchSyntaxError } from '@bitacora/search';
import {
  autocompletion,
  type CompletionContext,
  type CompletionResult,
  completionKeymap,
} from '@codemirror/autocomplete';
import { linter, setDiagnostics } from '@codemirror/lint';
import { EditorState, type Extension } from '@codemirror/state';
import { EditorView, keymap, placeholder } from '@codemirror/view';
import { useEffect, useRef } from 'react';

interface Props {
  readonly value: string;
  readonly onChange: (text: string) => void;
  readonly onSubmit: () => void;
  readonly names: readonly string[];
  readonly error: SearchSyntaxError | undefined;
}

const LOOK = EditorView.theme({
  '&': {
    flex: '1',
    minWidth: '0',
    fontSize: '0.85rem',
    border: '1px solid var(--mantine-color-default-border)',
    borderRadius: '4px',
    background: 'var(--mantine-color-body)',
  },
  '&.cm-focused': { outline: '2px solid var(--mantine-primary-color-filled)' },
  '.cm-scroller': { fontFamily: 'var(--mantine-font-family-monospace)', overflowX: 'auto' },
  '.cm-content': { caretColor: 'var(--mantine-color-text)' },
  '.cm-cursor': { borderLeftColor: 'var(--mantine-color-text)' },
  '.cm-tooltip': {
    background: 'var(--mantine-color-body)',
    color: 'var(--mantine-color-text)',
    border: '1px solid var(--mantine-color-default-border)',
  },
  '.cm-placeholder': { color: 'var(--mantine-color-dimmed)' },
});

/** One line only: what is pasted with line breaks is joined. */
const SINGLE_LINE: Extension = EditorState.transactionFilter.of((transaction) =>
  transaction.newDoc.lines > 1
    ? {
        changes: {
          from: 0,
          to: transaction.startState.doc.length,
          insert: transaction.newDoc.toString().replace(/\s*\n\s*/g, ' '),
        },
      }
    : transaction,
);

export function FilterEditor(props: Props) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const latest = useRef(props);
  latest.current = props;

  useEffect(() => {
    if (!host.current) return;
    const editor = new EditorView({
      parent: host.current,
      state: EditorState.create({
        doc: latest.current.value,
        extensions: [
          keymap.of([...completionKeymap, { key: 'Enter', run: () => submit(latest.current) }]),
          autocompletion({
            override: [(context) => completeNames(context, latest.current.names)],
            icons: false,
          }),
          linter(null),
          SINGLE_LINE,
          LOOK,
          placeholder("metrics.loss < 0.1 and params.model = 'cnn'"),
          EditorView.contentAttributes.of({
            'aria-label': 'Filter runs',
            role: 'textbox',
            spellcheck: 'false',
          }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) latest.current.onChange(update.state.doc.toString());
          }),
        ],
      }),
    });
    view.current = editor;
    return () => editor.destroy();
  }, []);

  const { value, error } = props;
  useEffect(() => {
    const editor = view.current;
    if (editor && editor.state.doc.toString() !== value) {
      editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: value } });
    }
  }, [value]);
  useEffect(() => {
    const editor = view.current;
    if (!editor) return;
    const end = editor.state.doc.length;
    const marks = error
      ? [
          {
            from: Math.min(error.position, Math.max(end - 1, 0)),
            to: Math.min(error.position + error.length, end),
            severity: 'error' as const,
            message: error.message,
          },
        ]
      : [];
    editor.dispatch(setDiagnostics(editor.state, marks));
  }, [error]);

  return <div ref={host} style={{ flex: 1, minWidth: 0, display: 'flex' }} />;
}

function submit({ onSubmit }: Props): true {
  onSubmit();
  return true;
}

function completeNames(context: CompletionContext, names: readonly string[]): CompletionResult | null {
  const word = context.matchBefore(/[\w.`/-]+/);
  if (!word && !context.explicit) return null;
  return {
    from: word?.from ?? context.pos,
    options: names.map((label) => ({ label, type: 'variable' })),
    validFor: /^[\w.`/-]*$/,
  };
}
