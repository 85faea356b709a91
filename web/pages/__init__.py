"""The pages that everybody who signs in has, and the administrators' ones."""
