package console

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"sallyport/mfa/policy"
	"sallyport/provider/explain"
	"sallyport/provider/session"
	"sallyport/provider/web"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/id"
	"sallyport/templates"
)

const reportPath = "/admin/report"

func (c *Console) reportRoutes() []web.Route {
	return []web.Route{
		get(reportPath, c.report), post(reportPath, c.beginReport), post(reportPath+"/end", c.endReport),
		get(reportPath+"/enforce", c.askEnforce), post(reportPath+"/enforce", c.enforce),
	}
}

func (c *Console) report(w http.ResponseWriter, r *http.Request) error {
	s, err := owner(r)
	if err != nil {
		return err
	}
	return c.reportPage(w, r, http.StatusOK, s, readable(s.Policy.Encode()), "")
}

// reportPage shows what is watched, or the form to begin with.
func (c *Console) reportPage(w http.ResponseWriter, r *http.Request, status int, s *session.Session, typed, problem string) error {
	p := templates.Report{Frame: frame(s, r), Action: reportPath, Document: typed, BackURL: "/admin"}
	p.Error = problem
	running, err := explain.Count(r.Context(), c.config.Store, s.Tenant)
	switch {
	case errors.Is(err, storage.ErrNotFound):
		return web.Render(w, r, status, p)
	case err != nil:
		return err
	}
	p.Running, p.ID, p.Since, p.Watched = true, running.ID.String(), running.Since, readable(running.Policy.Encode())
	p.EndAction, p.EnforceURL = reportPath+"/end", reportPath+"/enforce"
	for _, row := range running.Rows {
		p.Rows = append(p.Rows, templates.ReportRow{Before: string(row.Before), After: string(row.After), SignIns: row.SignIns, People: row.People})
	}
	return web.Render(w, r, status, p)
}

// readable has a document in lines; one that is none stays as it is.
func readable(document []byte) string {
	var out bytes.Buffer
	if json.Indent(&out, document, "", "  ") != nil {
		return string(document)
	}
	return out.String()
}

func (c *Console) beginReport(w http.ResponseWriter, r *http.Request) error {
	s, form, err := ownerForm(r, "document")
	if err != nil {
		return err
	}
	p, err := policy.Parse(s.Policy.Version, []byte(form["document"]))
	if err == nil {
		err = c.begun(r, s, p)
	}
	if err == nil {
		return web.SeeOther(w, r, reportPath+"?notice=begun")
	}
	return c.notBegun(w, r, s, readable([]byte(form["document"])), err)
}

func ownerForm(r *http.Request, fields ...string) (*session.Session, map[string]string, error) {
	s, err := owner(r)
	if err != nil {
		return nil, nil, err
	}
	form, err := web.Form(r, fields...)
	return s, form, err
}

// begun watches a policy that could be in force: one that leaves no way in is refused here too, since it may be enforced.
func (c *Console) begun(r *http.Request, s *session.Session, p policy.Policy) error {
	if err := c.wayIn(r.Context(), s.Tenant, p); err != nil {
		return err
	}
	return explain.BeginReport(r.Context(), c.config.Store, s.Tenant, p, audit.User(s.User), &s.User, c.origin(r), c.config.Now())
}

func (c *Console) notBegun(w http.ResponseWriter, r *http.Request, s *session.Session, typed string, failed error) error {
	switch {
	case errors.Is(failed, policy.ErrInvalid):
		return c.reportPage(w, r, http.StatusUnprocessableEntity, s, typed, templates.ErrorPolicyInvalid)
	case errors.Is(failed, errNoWayIn):
		return c.reportPage(w, r, http.StatusUnprocessableEntity, s, typed, templates.ErrorNoWayIn)
	case errors.Is(failed, storage.ErrConflict):
		return c.reportPage(w, r, http.StatusConflict, s, typed, templates.ErrorReportRunning)
	}
	return failed
}

// beginFrom watches what was typed into the form of the policy.
func (c *Console) beginFrom(w http.ResponseWriter, r *http.Request, s *session.Session, form templates.Policy, next policy.Policy) error {
	err := c.begun(r, s, next)
	switch {
	case errors.Is(err, storage.ErrConflict):
		return c.again(w, r, http.StatusConflict, s, form, templates.ErrorReportRunning)
	case err != nil:
		return err
	}
	return web.SeeOther(w, r, reportPath+"?notice=begun")
}

// watched is the report that the form was made from. Errors: web.ErrBadRequest.
func watched(form map[string]string) (id.Report, error) {
	var out id.Report
	if out.Parse(form["report"]) != nil {
		return out, fmt.Errorf("%w: no report", web.ErrBadRequest)
	}
	return out, nil
}

func (c *Console) endReport(w http.ResponseWriter, r *http.Request) error {
	s, form, err := ownerForm(r, "report")
	if err != nil {
		return err
	}
	of, err := watched(form)
	if err != nil {
		return err
	}
	err = explain.EndReport(r.Context(), c.config.Store, s.Tenant, of, audit.User(s.User), c.origin(r), c.config.Now())
	return c.over(w, r, s, err, "ended")
}

func (c *Console) askEnforce(w http.ResponseWriter, r *http.Request) error {
	s, err := owner(r)
	if err != nil {
		return err
	}
	running, err := explain.Count(r.Context(), c.config.Store, s.Tenant)
	if err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, templates.Confirm{Frame: frame(s, r), Title: templates.EnforceTitle, Body: templates.EnforceBody, Button: templates.EnforceButton,
		Action: reportPath + "/enforce", CancelURL: reportPath, Danger: true,
		Fields: []templates.Field{{Name: "report", Value: running.ID.String()}, {Name: "version", Value: fmt.Sprint(running.Policy.Version)}}})
}

func (c *Console) enforce(w http.ResponseWriter, r *http.Request) error {
	s, form, err := ownerForm(r, "report", "version")
	if err != nil {
		return err
	}
	of, err := watched(form)
	if err != nil {
		return err
	}
	seen, err := number("version", form["version"])
	if err != nil {
		return err
	}
	running, err := explain.Count(r.Context(), c.config.Store, s.Tenant)
	if err == nil && running.Policy.Version != seen {
		err = &storage.Conflict{What: "policy version"} // versions leave no gaps
	}
	if err == nil {
		err = c.wayIn(r.Context(), s.Tenant, running.Policy)
	}
	if err == nil {
		err = explain.Enforce(r.Context(), c.config.Store, s.Tenant, of, seen, audit.User(s.User), &s.User, c.origin(r), c.config.Now())
	}
	return c.over(w, r, s, err, saved)
}

// over says what became of the policy that was watched.
func (c *Console) over(w http.ResponseWriter, r *http.Request, s *session.Session, err error, notice string) error {
	current, conflict := readable(s.Policy.Encode()), (*storage.Conflict)(nil)
	switch {
	case errors.As(err, &conflict) && conflict.What != "report":
		return c.reportPage(w, r, http.StatusConflict, s, current, templates.ErrorPolicyConflict)
	case conflict != nil, errors.Is(err, storage.ErrNotFound):
		return c.reportPage(w, r, http.StatusConflict, s, current, templates.ErrorReportNone)
	case errors.Is(err, errNoWayIn):
		return c.reportPage(w, r, http.StatusUnprocessableEntity, s, current, templates.ErrorNoWayIn)
	case errors.Is(err, policy.ErrInvalid):
		return c.reportPage(w, r, http.StatusUnprocessableEntity, s, current, templates.ErrorPolicyInvalid)
	case err != nil:
		return err
	}
	return web.SeeOther(w, r, reportPath+"?notice="+notice)
}
