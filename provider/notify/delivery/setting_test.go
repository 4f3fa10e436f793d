package delivery_test

import (
	"strings"
	"testing"

	"sallyport/provider/notify"
)

func TestMailsOfConnectionsAndDomainsNameThem(t *testing.T) {
	t.Parallel()
	const link = "https://id.example.com/objection/spx.canary"
	for kind, want := range map[notify.Kind]string{notify.IdentityLinked: "Contoso", notify.IdentityUnlinked: "Contoso", notify.ConnectionCreatedReport: "Contoso",
		notify.ConnectionChangedReport: "Contoso", notify.ConnectionDisabledReport: "Contoso", notify.ConnectionEnabledReport: "Contoso",
		notify.DomainConnectedReport: "fabrikam.test", notify.DomainLostReport: "fabrikam.test"} {
		w := newWorld(t)
		m := notify.Message{Kind: kind, Data: notify.Notice{Tenant: "Acme", At: w.now, Connection: "Contoso", Domain: "fabrikam.test"}}
		own := kind == notify.IdentityLinked || kind == notify.IdentityUnlinked
		if own {
			m.Secret = &notify.Secret{Link: link}
		}
		if err := w.try(w.queue(m), 1); err != nil {
			t.Errorf("%s: %v", kind, err)
			continue
		}
		_, text, html := w.post.next(t).parts(t)
		if !strings.Contains(text, want) || !strings.Contains(html, want) || strings.Contains(text, link) != own {
			t.Errorf("%s: %s", kind, text)
		}
	}
}
