// SPDX-License-Identifier: Apache-2.0
//
// TIME-WAIT is there to answer this, and begins anew (RFC 9293 section 3.10.7.4).
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, CloseGuestRepeatsFinInTimeWait) {
  guest_connected();
  host.ends();
  relay.sends(fin());
  guest.sends(fin());
  relay.loses(ack(2));
  after(1500ms);
  guest.sends(fin().seq(1));
  relay.sends(ack(2));
  flow.has_deadline_in(kTimeWait);
  after(kTimeWait - 1ms);
  flow.is(State::kTimeWait);
  after(1ms);
  flow.is(State::kClosed);
}

}  // namespace nsrun::tcp
