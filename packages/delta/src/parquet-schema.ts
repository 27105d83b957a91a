import type { FileMetaData, RowGroup, SchemaElement } from 'hyparquet';
import { corrupt } from './error.ts';

/** A column, or part of one, of a Parquet file. */
export interface ParquetNode {
  readonly name: string;
  /** `field_id`, by which column mapping may find it. */
  readonly id: number | undefined;
  readonly element: SchemaElement;
  readonly children: readonly ParquetNode[];
  /** What the reader below calls it. */
  readonly alias: string;
  /** Below a node that is kept, the numbers of its leaves among all of the file. */
  readonly leaves: readonly number[];
}

export interface Elements {
  /** All elements but the root, in the file's order, each with the leaves below it. */
  readonly all: readonly { readonly element: SchemaElement; readonly leaves: readonly number[] }[];
  /** Of each leaf, the aliases from the root. */
  readonly paths: readonly (readonly string[])[];
}

export function nodesOf(
  metadata: FileMetaData,
  path: string,
): { columns: ParquetNode[]; elements: Elements } {
  const { schema } = metadata;
  const all: { element: SchemaElement; leaves: readonly number[] }[] = [];
  const paths: string[][] = [];
  let next = 1;
  const node = (above: readonly string[]): ParquetNode => {
    const element = schema[next++];
    if (element === undefined || above.length > 200) throw corrupt(path, 'its schema is not whole');
    // Names as files have them may hold dots or be `__proto__`; the reader below takes paths apart and fills objects.
    const alias = `c${next - 1}`;
    const entry = { element, leaves: [] as readonly number[] };
    all.push(entry);
    const at = [...above, alias];
    const firstLeaf = paths.length;
    const children = Array.from({ length: Math.min(element.num_children ?? 0, schema.length) }, () =>
      node(at),
    );
    if (children.length === 0) paths.push(at);
    entry.leaves = Array.from({ length: paths.length - firstLeaf }, (_, i) => firstLeaf + i);
    // A damaged footer may lack what the types promise.
    return { name: element.name ?? '', id: element.field_id, element, children, alias, leaves: entry.leaves };
  };
  const columns = Array.from({ length: Math.min(schema[0]?.num_children ?? 0, schema.length) }, () =>
    node([]),
  );
  return { columns, elements: { all, paths } };
}

/** The file as if it held these columns alone, under their aliases and without what would change values on the way. */
export function viewOf(
  metadata: FileMetaData,
  { all, paths }: Elements,
  wanted: readonly ParquetNode[],
): FileMetaData {
  const kept = new Set(wanted.flatMap(({ leaves }) => leaves));
  const keptBelow = (node: ParquetNode): boolean => node.leaves.some((leaf) => kept.has(leaf));
  const schema: SchemaElement[] = [{ ...metadata.schema[0]!, num_children: wanted.length }];
  const add = (node: ParquetNode) => {
    const children = node.children.filter(keptBelow);
    schema.push(plainElement(node, children.length));
    for (const child of children) add(child);
  };
  // In the file's order, whatever was asked for.
  const order = new Map(all.map(({ element }, at) => [element, at]));
  for (const node of [...wanted].sort((a, b) => order.get(a.element)! - order.get(b.element)!)) add(node);
  const groups = metadata.row_groups.map(
    (group): RowGroup => ({
      ...group,
      columns: group.columns.flatMap((chunk, leaf) =>
        kept.has(leaf) && chunk.meta_data
          ? [{ ...chunk, meta_data: { ...chunk.meta_data, path_in_schema: [...paths[leaf]!] } }]
          : [],
      ),
    }),
  );
  return { ...metadata, schema, row_groups: groups, key_value_metadata: [] };
}

/** Texts stay texts and lists lists; all else comes as it is stored, and is understood by `decoderOf`. */
function plainElement({ element, alias, children }: ParquetNode, count: number): SchemaElement {
  const { converted_type, logical_type, scale: _scale, precision: _precision, ...rest } = element;
  const plain: SchemaElement = { ...rest, name: alias };
  if (children.length > 0) {
    plain.num_children = count;
    if (isList({ element, children })) plain.converted_type = 'LIST';
  } else if (
    element.type === 'BYTE_ARRAY' &&
    (converted_type === 'UTF8' || logical_type?.type === 'STRING')
  ) {
    plain.converted_type = 'UTF8';
  }
  return plain;
}

/** A list in any of the forms that writers have used. */
export function isList({ element, children }: Pick<ParquetNode, 'element' | 'children'>): boolean {
  const [repeated] = children;
  return (
    (element.converted_type === 'LIST' || element.logical_type?.type === 'LIST') &&
    children.length === 1 &&
    repeated?.element.repetition_type === 'REPEATED' &&
    repeated.children.length <= 1
  );
}
