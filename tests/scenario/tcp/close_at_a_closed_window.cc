// SPDX-License-Identifier: Apache-2.0
//
// Our FIN meets a full receiver that lives: it may stay full for ever (RFC 9293 section 3.8.6.1).
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, CloseAtAClosedWindow) {
  guest_connected();
  guest.window = 0;
  guest.sends(data(1));
  relay.sends(ack(2));
  host.ends();
  relay.loses(fin());
  for (int retry = 0; retry < 40; ++retry) {
    after(retry < 9 ? 200ms * (1 << retry) : 60s);
    relay.loses(fin().seq(1));
    guest.sends(ack(1));
  }
  flow.is(State::kFinWait1);
  guest.window = 512;
  guest.sends(ack(1));
  relay.sends(fin().seq(1));
  guest.sends(ack(2));
  flow.is(State::kFinWait2);
}

}  // namespace nsrun::tcp
