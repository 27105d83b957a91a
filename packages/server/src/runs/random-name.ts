import type { Random } from '../deps.ts';

const ADJECTIVES =
  'able agile amber ample astute balanced bold brave breezy bright brisk calm candid capable casual clever coastal crisp curious daring deft distant dusky eager earnest easy elegant fair fancy fearless fleet fluent fond frank gentle glad golden graceful grand hardy hearty honest humble ideal jolly keen kind lively loyal lucid lucky mellow merry mighty mindful modest nimble noble open patient placid polite proud quick quiet rapid ready regal robust rustic salty secure serene sharp silent silver sincere sleek smart solid spry stately steady stoic sturdy subtle sunny swift tidal tidy tranquil trusty upbeat valiant vivid warm wise witty young zesty'.split(
    ' ',
  );

const NOUNS =
  'albatross anchor auk barge barnacle beacon bow bream brig buoy cape caravel carp channel cod compass conch coral cormorant crab current cutter deck delta dolphin dory estuary fathom fjord flounder frigate galleon gannet gull halyard harbor harpoon heron herring hull island jetty keel kelp ketch knot lagoon lantern lighthouse limpet lobster log lugger mackerel mast narwhal oar octopus orca osprey otter oyster pelican penguin pier plover porpoise puffin quay ray reef rudder sail salmon sardine schooner seal sextant shark shoal shore skiff sloop sole spar squid starfish stern strait sturgeon tern tide trawler trout tuna turtle urchin walrus whale wharf wave yawl'.split(
    ' ',
  );

/** A name such as `steady-compass-417`, for whoever did not choose one. */
export function randomName(random: Random): string {
  const word = (words: readonly string[]) => words[random.integer(words.length)];
  return `${word(ADJECTIVES)}-${word(NOUNS)}-${random.integer(1000)}`;
}
