// SPDX-License-Identifier: Apache-2.0
//
// The guest has said all; the host goes on for as long as it likes.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, CloseHalfByGuest) {
  guest_connected();
  guest.sends(fin());
  relay.sends(ack(2));
  host.gives(5000);
  relay.sends(data(5000).ack(2));
  guest.sends(ack(5001));
  after(30s);
  host.gives(7000);
  relay.sends(data(7000));
  guest.sends(ack(12'001));
  host.ends();
  relay.sends(fin());
  guest.sends(ack(12'002));
  flow.is(State::kClosed);
}

}  // namespace nsrun::tcp
