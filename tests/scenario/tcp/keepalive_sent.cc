// SPDX-License-Identifier: Apache-2.0
//
// RFC 5382 REQ-5: after 2 h 4 min of silence the guest is asked whether it is there.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, KeepaliveSent) {
  guest_connected();
  after(2h + 4min - 1ms);
  relay.is_silent();
  after(1ms);
  relay.sends(ack(1).seq(0));
  guest.sends(ack(1));
  flow.has_deadline_in(2h + 4min);
  flow.is(State::kEstablished);
}

}  // namespace nsrun::tcp
