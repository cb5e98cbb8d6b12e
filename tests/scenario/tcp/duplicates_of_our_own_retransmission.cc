// SPDX-License-Identifier: Apache-2.0
//
// RFC 6582 section 3.2, step 2: a retransmission that was not needed is answered with a duplicate.
// Taking that for another loss would go on for ever.
#include "scenario.hh"

namespace nsrun::tcp {

TEST_P(Scenario, DuplicatesOfOurOwnRetransmission) {
  guest_connected();
  chunk_bytes = 1000;
  host.gives(1000);
  relay.sends(data(1000));
  guest.sends(ack(1));
  relay.sends(data(1000).seq(1));  // in vain: the acknowledgment was only late
  guest.sends(ack(1001));
  host.gives(1000);
  relay.sends(data(1000));
  guest.sends(ack(1001));  // says the retransmission
  relay.is_silent();
  guest.sends(ack(2001));
  host.gives(2000);  // a later loss is seen again
  relay.loses(data(1000));
  relay.sends(data(1000));
  guest.sends(ack(2001));
  relay.sends(data(1000).seq(2001));
  guest.sends(ack(4001));
}

}  // namespace nsrun::tcp
