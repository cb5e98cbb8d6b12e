// SPDX-License-Identifier: Apache-2.0
//
// RFC 9293 section 3.8.6 (SHLD-14): when the host's room shrinks the right edge stands still until
// the guest has filled it.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, WindowIsNeverTakenBack) {
  guest_connected();
  guest.sends(data(1024));
  relay.sends(ack(1025).window(256));
  host.has_room_for(10'000);
  guest.sends(data(1024));
  relay.sends(ack(2049).window(252));
  guest.sends(data(1024));
  relay.sends(ack(3073).window(248));
}

}  // namespace nsrun::tcp
