// SPDX-License-Identifier: Apache-2.0
//
// Segments behind a hole are not kept; each asks for the missing byte, so that the guest can count
// to three (RFC 5681 section 4.2).
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, GuestDataLost) {
  guest_connected();
  guest.loses(data(1000));
  guest.sends(data(1000));
  relay.sends(ack(1));
  guest.sends(data(1000));
  relay.sends(ack(1));
  host.has_received(0);
  guest.sends(data(1000).seq(1));
  relay.sends(ack(1001));
  guest.sends(data(2000).seq(1001));
  relay.sends(ack(3001));
  host.has_received(3000);
}

}  // namespace nsrun::tcp
