// SPDX-License-Identifier: Apache-2.0
//
// RFC 6298 section 5.3: news of delivery starts the clock anew.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, RetransmissionTimerRestartsWithProgress) {
  guest_connected();
  chunk_bytes = 1000;
  host.gives(2000);
  relay.sends(data(1000));
  relay.loses(data(1000));
  after(150ms);
  guest.sends(ack(1001));
  flow.has_deadline_in(200ms);
}

}  // namespace nsrun::tcp
