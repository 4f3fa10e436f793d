package account

import (
	"errors"
	"fmt"
	"net/http"

	"sallyport/provider/session"
	"sallyport/provider/user"
	"sallyport/provider/web"
	"sallyport/storage/audit"
	"sallyport/templates"
)

const (
	passwordPath = "/account/password"
	emailPath    = "/account/email"
	confirmPath  = "/account/email/confirm"
)

// person shows what of password and address can be changed now.
func person(s *session.Session, p *templates.Account) {
	p.EmailConfirmed, p.Frozen = s.EmailConfirmed, s.Frozen
	if s.Frozen {
		return
	}
	p.ChangePasswordURL, p.ChangeEmailURL = passwordPath, emailPath
	if !s.EmailConfirmed {
		p.ConfirmEmailAction = confirmPath
	}
}

// hash makes the stored form of a new password; problem is the message key of what is wrong with it.
func (a *Account) hash(r *http.Request, password string) (hash, problem string, err error) {
	if password == "" {
		return "", templates.ErrorRequired, nil
	}
	hash, err = a.config.Hasher.Hash(r.Context(), password)
	if errors.Is(err, user.ErrPassword) {
		return "", templates.ErrorPasswordShort, nil
	}
	return hash, "", err
}

func passwordPage(s *session.Session, problem string) templates.NewPassword {
	p := templates.NewPassword{Frame: frame(s), Action: passwordPath, Email: s.Email, CancelURL: "/account"}
	p.Error = problem
	return p
}

func (a *Account) askPassword(w http.ResponseWriter, r *http.Request) error {
	return web.Render(w, r, http.StatusOK, passwordPage(session.From(r.Context()), ""))
}

func (a *Account) changePassword(w http.ResponseWriter, r *http.Request) error {
	form, err := web.Form(r, "password")
	s := session.From(r.Context())
	if err != nil {
		return err
	}
	hash, problem, err := a.hash(r, form["password"])
	if err != nil {
		return err
	}
	if problem != "" {
		return web.Render(w, r, http.StatusUnprocessableEntity, passwordPage(s, problem))
	}
	if err := user.ChangePassword(r.Context(), a.config.Store, s.Tenant, s.User, s.ID, hash, a.cause(r, audit.User(s.User))); err != nil {
		return err
	}
	return done(w, r, passwordChanged)
}

func emailPage(s *session.Session, typed, problem string) templates.NewEmail {
	p := templates.NewEmail{Frame: frame(s), Action: emailPath, Email: typed, CancelURL: "/account"}
	p.Error = problem
	return p
}

func (a *Account) askEmail(w http.ResponseWriter, r *http.Request) error {
	return web.Render(w, r, http.StatusOK, emailPage(session.From(r.Context()), "", ""))
}

// changeEmail answers the same whether the address is free: who holds the mailbox learns it from the link.
func (a *Account) changeEmail(w http.ResponseWriter, r *http.Request) error {
	form, err := web.Form(r, "email")
	s := session.From(r.Context())
	if err != nil {
		return err
	}
	err = a.links.AskChange(r.Context(), s.Tenant, s.User, form["email"], a.cause(r, audit.User(s.User)))
	if errors.Is(err, user.ErrEmail) {
		return web.Render(w, r, http.StatusUnprocessableEntity, emailPage(s, form["email"], templates.ErrorEmailInvalid))
	}
	if err != nil {
		return err
	}
	return done(w, r, emailPending)
}

func (a *Account) sendConfirmation(w http.ResponseWriter, r *http.Request) error {
	s, err := posted(r)
	if err != nil {
		return err
	}
	sent, err := a.links.AskConfirmation(r.Context(), s.Tenant, s.User, a.cause(r, audit.User(s.User)))
	if err != nil {
		return fmt.Errorf("send confirmation: %w", err)
	}
	if !sent {
		return done(w, r, emailConfirmed) // in another tab, a moment ago
	}
	return done(w, r, confirmationSent)
}
