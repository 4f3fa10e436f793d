package console

import (
	"errors"
	"net/http"

	may "sallyport/mfa/recovery"
	"sallyport/provider/recovery"
	"sallyport/provider/session"
	"sallyport/provider/web"
	"sallyport/storage/db"
	"sallyport/templates"
)

// refusals are why somebody may not be helped, as a page says it.
var refusals = []struct {
	err error
	key string
}{
	{may.ErrSelf, templates.ErrorHelpSelf}, {may.ErrRole, templates.ErrorHelpRole}, {may.ErrDomain, templates.ErrorHelpDomain},
	{may.ErrTarget, templates.ErrorHelpTarget}, {may.ErrNotIssuer, templates.ErrorHelpIssuer}, {recovery.ErrOff, templates.ErrorHelpOff},
}

func (c *Console) help(r *http.Request, s *session.Session, u db.User) recovery.Help {
	return recovery.Help{Tenant: s.Tenant, Target: u.ID, Helper: &s.User, From: c.origin(r), Now: c.config.Now()}
}

func (c *Console) askReset(w http.ResponseWriter, r *http.Request) error {
	s, u, err := c.who(r)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, templates.Confirm{Frame: frame(s, r), Title: templates.ResetFactorsTitle, Body: templates.ResetFactorsBody,
		Data: map[string]any{"Email": u.Email}, Action: personPath(u.ID) + "/reset", Button: templates.ResetFactorsButton, CancelURL: personPath(u.ID), Danger: true})
}

func (c *Console) reset(w http.ResponseWriter, r *http.Request) error {
	s, u, err := c.helped(r)
	if err != nil {
		return err
	}
	if err := recovery.ResetFactors(r.Context(), c.config.Store, c.help(r, s, u)); err != nil {
		return c.refused(w, r, s, u, err)
	}
	return web.SeeOther(w, r, personPath(u.ID)+"?notice=reset")
}

// issue shows the code in the answer itself: it is kept nowhere to be shown from.
func (c *Console) issue(w http.ResponseWriter, r *http.Request) error {
	s, u, err := c.helped(r)
	if err != nil {
		return err
	}
	code, err := recovery.IssueAccessCode(r.Context(), c.config.Store, c.config.Pepper, recovery.Issue{Help: c.help(r, s, u)})
	if err != nil {
		return c.refused(w, r, s, u, err)
	}
	p, err := c.personPage(r, s, u)
	if err != nil {
		return err
	}
	p.Code, p.CodeExpires, p.CodeUses = code.Text, code.Expires, code.Uses
	return web.Render(w, r, http.StatusOK, p)
}

func (c *Console) helped(r *http.Request) (*session.Session, db.User, error) {
	s, u, err := c.who(r)
	if err != nil {
		return nil, db.User{}, err
	}
	_, err = web.Form(r)
	return s, u, err
}

// refused explains why, on the page of the person.
func (c *Console) refused(w http.ResponseWriter, r *http.Request, s *session.Session, u db.User, failed error) error {
	for _, known := range refusals {
		if !errors.Is(failed, known.err) {
			continue
		}
		p, err := c.personPage(r, s, u)
		if err != nil {
			return err
		}
		p.Error = known.key
		return web.Render(w, r, http.StatusForbidden, p)
	}
	return failed
}
