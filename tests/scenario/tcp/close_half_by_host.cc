// SPDX-License-Identifier: Apache-2.0
//
// The host has said all; what the guest sends still arrives.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, CloseHalfByHost) {
  guest_connected();
  host.ends();
  relay.sends(fin());
  guest.sends(ack(2));
  guest.sends(data(1000));
  relay.sends(ack(1001));
  after(30s);
  guest.sends(data(2000));
  relay.sends(ack(3001));
  host.has_received(3000);
  host.sees_no_end();
  guest.sends(fin());
  relay.sends(ack(3002));
  flow.is(State::kTimeWait);
}

}  // namespace nsrun::tcp
