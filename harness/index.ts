export { defineScenario, type ScenarioInput } from './scenario/define.ts';
