import type { TargetName } from '@bitacora/search';
import {
  acceptCompletion,
  autocompletion,
  type Completion,
  type CompletionContext,
  type CompletionResult,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
  insertCompletionText,
  startCompletion,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { type Diagnostic, linter } from '@codemirror/lint';
import { EditorState, Prec, type Transaction } from '@codemirror/state';
import {
  Decoration,
  type DecorationSet,
  EditorView,
  keymap,
  placeholder as placeholderText,
  ViewPlugin,
  type ViewUpdate,
} from '@codemirror/view';
import { type Ref, useEffect, useImperativeHandle, useRef } from 'react';
import { type KnownKeys, roughTokens, type Suggestion, suggest } from './completion.ts';
import classes from './filter-box.module.css';
import { findMistake } from './mistake.ts';

export interface EditorHandle {
  readonly focus: () => void;
}

interface FilterEditorProps {
  readonly ref: Ref<EditorHandle>;
  readonly label: string;
  readonly placeholder: string;
  readonly target: TargetName;
  readonly value: string;
  readonly keys: KnownKeys;
  readonly isInvalid: boolean;
  readonly messageId: string;
  readonly onChange: (text: string) => void;
  readonly onApply: (text: string) => void;
}

const LINT_AFTER_MS = 500;

/** One line of CodeMirror. */
export function FilterEditor(props: FilterEditorProps) {
  const { ref, label, placeholder, target, value, isInvalid, messageId } = props;
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  // The editor is built once; what it calls is always the latest.
  const latest = useRef(props);
  latest.current = props;
  useImperativeHandle(ref, () => ({ focus: () => view.current?.focus() }), []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: The text lives in the editor from here on.
  useEffect(() => {
    if (!place.current) return;
    const apply = ({ state }: EditorView) => {
      latest.current.onApply(state.doc.toString());
      return true;
    };
    const editor = new EditorView({
      parent: place.current,
      doc: value,
      extensions: [
        EditorState.transactionFilter.of(oneLine),
        history(),
        closeBrackets(),
        autocompletion({
          override: [(context) => complete(target, context, latest.current.keys)],
          icons: false,
        }),
        linter(({ state }) => lint(target, state.doc.toString()), { delay: LINT_AFTER_MS }),
        coloured,
        placeholderText(placeholder),
        Prec.high(
          keymap.of([
            { key: 'Tab', run: acceptCompletion },
            { key: 'Enter', run: (current) => acceptCompletion(current) || apply(current) },
            { key: 'Mod-Enter', run: apply },
          ]),
        ),
        keymap.of([...closeBracketsKeymap, ...completionKeymap, ...historyKeymap, ...defaultKeymap]),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) latest.current.onChange(update.state.doc.toString());
        }),
        EditorView.contentAttributes.of({
          'aria-label': label,
          'aria-describedby': messageId,
          'aria-multiline': 'false',
          spellcheck: 'false',
        }),
      ],
    });
    view.current = editor;
    return () => editor.destroy();
  }, []);

  useEffect(() => {
    const editor = view.current;
    if (!editor || editor.state.doc.toString() === value) return;
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: value } });
  }, [value]);

  useEffect(() => {
    view.current?.contentDOM.setAttribute('aria-invalid', String(isInvalid));
  }, [isInvalid]);

  return <div ref={place} className={classes.editor} />;
}

/** Line breaks, as pasted text may have them, become spaces. */
function oneLine(change: Transaction) {
  if (!change.docChanged || change.newDoc.lines === 1) return change;
  const text = change.newDoc.toString();
  const changes = [...text.matchAll(/\n/g)].map(({ index }) => ({ from: index, to: index + 1, insert: ' ' }));
  return [change, { changes, sequential: true }];
}

function complete(target: TargetName, context: CompletionContext, keys: KnownKeys): CompletionResult | null {
  const text = context.state.doc.toString();
  const { from, options } = suggest(target, text, context.pos, keys);
  const isWriting = from < context.pos;
  if (options.length === 0) return null;
  if (!context.explicit) {
    // Enter must apply a filter that is whole, not accept an AND that nobody asked for.
    if (!isWriting && options.every(({ kind }) => kind === 'keyword')) return null;
    if (!isWriting && text !== '' && !/\s$/.test(text.slice(0, context.pos))) return null;
  }
  return { from, options: options.map(toCompletion) };
}

function toCompletion({ text, kind }: Suggestion): Completion {
  return {
    label: text,
    ...(kind === 'name' || kind === 'value' ? {} : { boost: 1 }),
    apply(view, _completion, from, to) {
      // The closing quote that the editor has put there itself.
      const closing = /^['"]/.test(text) && view.state.sliceDoc(to, to + 1) === text[0] ? 1 : 0;
      view.dispatch(insertCompletionText(view.state, `${text} `, from, to + closing));
      if (kind !== 'value') setTimeout(() => startCompletion(view));
    },
  };
}

function lint(target: TargetName, text: string): readonly Diagnostic[] {
  const mistake = findMistake(target, text);
  // What is merely unfinished is not wrong yet.
  if (!mistake || mistake.position >= text.trimEnd().length) return [];
  const { position: from, length, message } = mistake;
  return [{ from, to: Math.min(text.length, from + Math.max(1, length)), severity: 'error', message }];
}

const marks = {
  name: Decoration.mark({ class: classes.name ?? '' }),
  string: Decoration.mark({ class: classes.string ?? '' }),
  number: Decoration.mark({ class: classes.number ?? '' }),
  keyword: Decoration.mark({ class: classes.keyword ?? '' }),
  operator: Decoration.mark({ class: classes.keyword ?? '' }),
  punctuation: Decoration.mark({}),
} as const;

const colours = (view: EditorView): DecorationSet =>
  Decoration.set(
    roughTokens(view.state.doc.toString()).map(({ kind, from, to }) => marks[kind].range(from, to)),
  );

const coloured = ViewPlugin.fromClass(
  class {
    decorations: DecorationSet;

    constructor(view: EditorView) {
      this.decorations = colours(view);
    }

    update(update: ViewUpdate) {
      if (update.docChanged) this.decorations = colours(update.view);
    }
  },
  { decorations: (plugin) => plugin.decorations },
);
