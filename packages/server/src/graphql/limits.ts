import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  type SelectionSetNode,
} from 'graphql';

/** MLflow's caps: on one request, on one path, and on one level of it. */
const MOST_DEPTH = 10;
const MOST_SELECTIONS = 1000;
const MOST_ROOT_FIELDS = 10;
const MOST_ALIASES = 10;

/**
 * Refuses a document that asks for too much, before anything of it is looked at more closely.
 *
 * @throws GraphQLError
 */
export function checkSize(document: DocumentNode): void {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  let rootFields = 0;
  let selections = 0;
  const visit = (set: SelectionSetNode, depth: number): void => {
    if (depth > MOST_DEPTH) throw new GraphQLError(`The query nests deeper than ${MOST_DEPTH} levels.`);
    const fields = fieldsOf(set, fragments);
    if (depth === 1) rootFields += fields.length;
    if (rootFields > MOST_ROOT_FIELDS)
      throw new GraphQLError(`The query has more than ${MOST_ROOT_FIELDS} root fields.`);
    if (fields.filter(({ alias }) => alias !== undefined).length > MOST_ALIASES)
      throw new GraphQLError(`The query has more than ${MOST_ALIASES} aliases at one level.`);
    for (const { selectionSet } of fields) {
      selections++;
      if (selections > MOST_SELECTIONS)
        throw new GraphQLError(`The query selects more than ${MOST_SELECTIONS} fields.`);
      if (selectionSet) visit(selectionSet, depth + 1);
    }
  };
  for (const definition of document.definitions)
    if (definition.kind === Kind.OPERATION_DEFINITION) visit(definition.selectionSet, 1);
}

/** The fields of one level, with those of its fragments; a fragment counts once, so that none leads in a circle. */
function fieldsOf(
  set: SelectionSetNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): readonly FieldNode[] {
  const fields: FieldNode[] = [];
  const seen = new Set<string>();
  const pending = [set];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    for (const selection of next.selections) {
      if (selection.kind === Kind.FIELD) fields.push(selection);
      else if (selection.kind === Kind.INLINE_FRAGMENT) pending.push(selection.selectionSet);
      else if (!seen.has(selection.name.value)) {
        seen.add(selection.name.value);
        const fragment = fragments.get(selection.name.value);
        if (fragment) pending.push(fragment.selectionSet);
      }
    }
  }
  return fields;
}
