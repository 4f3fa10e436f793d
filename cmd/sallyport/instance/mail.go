package instance

import (
	"fmt"

	"sallyport/provider/notify/email"
)

// mailer is the way to the configured mail server, or nil where none is configured: then messages stay rows, and
// the log says so once.
func (i *Instance) mailer() (*email.Sender, error) {
	m := i.Config.Mail
	if m.Host == "" {
		i.Log.Warn("no mail is sent, nobody hears of changes to their sign-in: mail.host is not set")
		return nil, nil
	}
	s, err := email.New(email.Config{Host: m.Host, Port: m.Port, Security: email.Security(m.TLS), Username: m.Username,
		Password: m.Password.Reveal(), From: m.From, Now: i.Now})
	if err != nil {
		return nil, fmt.Errorf("prepare mail: %w", err)
	}
	return s, nil
}
