// SPDX-License-Identifier: Apache-2.0
//
// A guest whose kernel has forgotten its half answers with a reset, and nothing is left behind
// (slirp4netns#350).
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, HalfClosedByHostIsAskedSoon) {
  guest_connected();
  host.ends();
  relay.sends(fin());
  guest.sends(ack(2));
  after(75s);
  relay.sends(ack(1).seq(1));
  guest.sends(rst().seq(1));
  flow.is(State::kClosed);
}

TEST_P(Scenario, HalfClosedByGuestIsAskedSoon) {
  guest_connected();
  guest.sends(fin());
  relay.sends(ack(2));
  after(75s);
  relay.sends(ack(2).seq(0));
  guest.sends(ack(1));
  after(75s);
  relay.sends(ack(2).seq(0));
  flow.is(State::kCloseWait);
}

}  // namespace nsrun::tcp
