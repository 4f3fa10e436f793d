package throttle

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"sallyport/storage"
	"sallyport/storage/db"
	"sallyport/storage/id"
)

// Cap names messages that are counted and how many of them a window allows. It is no Counter: no success resets it
// and nothing is given back, because what has been sent has been sent.
type Cap struct {
	name, what string
	// everywhere: all tenants count together, or whoever owns two of them sends twice as much.
	everywhere bool
	most       int32
	window     time.Duration
}

// How much is sent at most. A window begins with its first message; the last one that it allows blocks the cap for
// as long as a window is, so that never more than twice as much leaves within one. All windows are shorter than the
// thirty days after which storage/purge forgets a counter.
const (
	mailsAnHour   = 10   // codes and links to one mailbox: J06, a mailbox is not to be flooded
	noticesAnHour = 30   // apart from them, or whoever floods a mailbox could keep the warning from it
	textsOfUser   = 10   // an hour: a person and their resends
	textsToNumber = 20   // a day: one telephone, however many accounts name it
	textsToPrefix = 200  // a day: a block of a thousand numbers; pumping goes through such blocks (J05)
	textsOfTenant = 2000 // a day
	textsOfAll    = 20000
)

// What Refused.What says of the caps that several people share: reaching one is an alarm (J05).
const (
	TextsToPrefix = "texts to a block of numbers"
	TextsOfTenant = "texts of the tenant"
	TextsOfAll    = "texts of the installation"
)

// Mail caps codes and links to an address in its canonical form (user.Key), over all purposes and tenants.
func Mail(recipient string) Cap {
	return Cap{name: "mail:" + mailbox(recipient), what: "mails to the address", everywhere: true, most: mailsAnHour, window: time.Hour}
}

// Notice caps the mails that tell of changes, apart from those of Mail.
func Notice(recipient string) Cap {
	return Cap{name: "notice:" + mailbox(recipient), what: "notices to the address", everywhere: true, most: noticesAnHour, window: time.Hour}
}

// Alarm caps how often the tenant's record tells that a cap was reached.
func Alarm(what string) Cap {
	return Cap{name: "alarm:" + what, what: "alarms", most: 1, window: time.Hour}
}

// Text caps a text that the person has sent to the number (E.164): by person, number, block of numbers, tenant and
// installation.
func Text(u id.User, number string) []Cap {
	const day = 24 * time.Hour
	return []Cap{
		{name: "text:user:" + u.String(), what: "texts of the person", most: textsOfUser, window: time.Hour},
		{name: "text:number:" + hidden(number), what: "texts to the number", everywhere: true, most: textsToNumber, window: day},
		{name: "text:prefix:" + hidden(number[:max(0, len(number)-3)]), what: TextsToPrefix, everywhere: true, most: textsToPrefix, window: day},
		{name: "text:tenant", what: TextsOfTenant, most: textsOfTenant, window: day},
		{name: "text:all", what: TextsOfAll, everywhere: true, most: textsOfAll, window: day},
	}
}

// mailbox is one name for what arrives in one mailbox: "kari+1@acme.test" is delivered to kari.
func mailbox(address string) string {
	local, domain, _ := strings.Cut(strings.ToLower(address), "@")
	if name, _, tagged := strings.Cut(local, "+"); tagged && name != "" {
		local = name
	}
	return hidden(local + "@" + domain)
}

// hidden: counters outlive accounts, and whoever reads them need not learn whom we write to.
func hidden(s string) string {
	h := sha256.Sum256([]byte(s))
	return base64.RawURLEncoding.EncodeToString(h[:])
}

// Send counts one message at every cap, or at none: what one cap refuses must not use up those that others share.
// Whoever queues a code or a link calls it first. Errors are *Refused, on which nothing may be queued, or of storage.
func Send(ctx context.Context, s *storage.Store, t id.Tenant, now time.Time, caps ...Cap) error {
	return s.InAllTenants(ctx, func(tx *storage.Tx) error {
		rows, err := tx.Now().TakeSendsAllTenants(ctx, sends(t, now, caps))
		if err != nil {
			return fmt.Errorf("count a message: %w", err)
		}
		if len(rows) != len(caps) {
			return fmt.Errorf("count a message: %d answers for %d caps", len(rows), len(caps))
		}
		for i, row := range rows {
			if !row.Allowed {
				return &Refused{wait: max(row.BlockedUntil.Sub(now), time.Second), What: caps[i].what}
			}
		}
		return nil
	})
}

func sends(t id.Tenant, now time.Time, caps []Cap) db.TakeSendsAllTenantsParams {
	p := db.TakeSendsAllTenantsParams{Now: now}
	for _, c := range caps {
		tenant := t.UUID
		if c.everywhere {
			tenant = id.Lobby.UUID
		}
		p.Tenants, p.Names = append(p.Tenants, tenant), append(p.Names, c.name)
		p.Free, p.Seconds = append(p.Free, c.most), append(p.Seconds, int32(c.window.Seconds()))
	}
	return p
}
