import { describe, expect, test } from 'vitest';
import { costOf, parsePrices } from './cost.ts';

const counts = { input: 1000, output: 500, cacheRead: 0, cacheCreation: 0, cacheCreationAbove1hr: 0 };

describe('what a call costs', () => {
  // As MLflow 3.17 computes it from the same prices.
  test('follows the price of the provider', () => {
    const cost = costOf('gpt-4o-mini', 'openai', counts);
    expect(cost).toEqual({ input_cost: 0.00015, output_cost: 0.0003, total_cost: 0.00045 });
    expect(costOf('openai/gpt-4o-mini', 'OpenAI', counts)).toEqual(cost);
    expect(costOf('gpt-4o-mini', undefined, counts)).toEqual(cost);
    expect(costOf('gpt-4o-mini', 'nobody', counts)).toEqual(cost);
  });

  test('counts cached tokens at their own price, and as part of the input', () => {
    const { byProvider } = parsePrices('p\tm\t10\t20\t1\t12\t16\n');
    expect(byProvider.get('p')?.get('m')).toEqual({
      input: 10 / 1e6,
      output: 20 / 1e6,
      cacheRead: 1 / 1e6,
      cacheCreation: 12 / 1e6,
      cacheCreationAbove1hr: 16 / 1e6,
    });
    const cached = costOf('claude-3-7-sonnet-20250219', 'anthropic', {
      ...counts,
      cacheRead: 400,
      cacheCreation: 100,
    });
    const plain = costOf('claude-3-7-sonnet-20250219', 'anthropic', counts);
    expect(cached!.input_cost).toBeCloseTo((500 * 3 + 400 * 0.3 + 100 * 3.75) / 1e6, 12);
    expect(plain!.input_cost).toBeCloseTo(0.003, 12);
  });

  test('is unknown, not nothing, without a price', () => {
    expect(costOf('no-such-model', 'openai', counts)).toBeUndefined();
    expect(costOf('gateway:/mine', undefined, counts)).toBeUndefined();
    expect(costOf('gpt-4o-mini', 'openai', { ...counts, input: 0, output: 0 })).toBeUndefined();
  });

  test('of a model that several providers have is that of the first who asks for money', () => {
    const { byModel } = parsePrices('a\tm\t\t\t\t\t\nb\tm\t2\t3\t\t\t\nc\tm\t4\t5\t\t\t\n');
    expect(byModel.get('m')).toMatchObject({
      input: 2 / 1e6,
      cacheRead: 2 / 1e6,
      cacheCreationAbove1hr: 2 / 1e6,
    });
  });
});
