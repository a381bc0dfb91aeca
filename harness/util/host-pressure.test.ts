import t from 'tap';
import { hostPressure } from './host-pressure.ts';

t.equal(hostPressure(0.3, 2), 1);
t.equal(hostPressure(4, 2), 2);
t.equal(hostPressure(40, 2), 3);
