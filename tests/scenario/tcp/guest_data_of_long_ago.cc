// SPDX-License-Identifier: Apache-2.0
//
// An old duplicate is answered with where we are, and has no other effect.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, GuestDataOfLongAgo) {
  guest_connected();
  guest.sends(data(30'000));
  relay.sends(ack(30'001));
  guest.sends(data(30'000));
  relay.sends(ack(60'001));
  guest.sends(data(1000).seq(2000).ack(1));
  relay.sends(ack(60'001));
  guest.sends(fin().seq(2000));
  relay.sends(ack(60'001));
  host.has_received(60'000);
  host.sees_no_end();
  flow.is(State::kEstablished);
}

}  // namespace nsrun::tcp
