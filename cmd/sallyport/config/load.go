package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Load reads defaults, then the YAML file at path ("" for none), then the
// SALLYPORT_ variables of env (as from os.Environ), then secret files, and
// validates the result; its error is always Errors, complete and sorted.
func Load(path string, env []string) (Config, error) {
	variables := split(env)
	l := &loader{path: path, config: defaults(os.Geteuid(), variables), origins: map[string]Problem{}}
	l.targets = targets(l.config.settings())
	readable := path == "" || l.file()
	l.environment(variables)
	l.secrets()
	l.validate(readable)
	if len(l.problems) > 0 {
		l.problems.sort()
		return Config{}, l.problems
	}
	return l.config.complete(), nil
}

type loader struct {
	path     string
	config   Config
	targets  map[string]any     // key -> pointer into config
	origins  map[string]Problem // key -> where it was set, without a message
	problems Errors
}

func (c Config) complete() Config {
	if c.Keys.File == "" && c.Keys.Keyset == "" {
		c.Keys.File = filepath.Join(c.DataDir, "keyset.json")
	}
	return c
}

func (l *loader) origin(path string) Problem {
	if at, ok := l.origins[path]; ok {
		return at
	}
	return Problem{Source: l.path, Path: path}
}

func (l *loader) fail(at Problem, format string, args ...any) {
	at.Message = fmt.Sprintf(format, args...)
	l.problems = append(l.problems, at)
}

// validate leaves out rules about keys that already have a problem, and about
// keys that an unreadable file may have set: they still hold their defaults,
// and a complaint about those would mislead.
func (l *loader) validate(readable bool) {
	broken := map[string]bool{}
	for _, problem := range l.problems {
		key, _, _ := strings.Cut(problem.Path, "[")
		broken[key] = key != ""
	}
	for _, problem := range l.config.Validate() {
		_, set := l.origins[problem.Path]
		known := readable || set && problem.related == ""
		if known && !broken[problem.Path] && !broken[problem.related] {
			l.problems = append(l.problems, l.locate(problem))
		}
	}
}

func (l *loader) locate(problem Problem) Problem {
	at, set := l.origins[problem.Path]
	if !set {
		at = l.origin(problem.related)
	}
	problem.Source, problem.Line = at.Source, at.Line
	return problem
}
