"""The settings of one process, read from the environment and ``.env`` (prefix ``ASSISTANT_``)."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Every knob of the assistant, with the default that runs on a laptop without a network."""

    model_config = SettingsConfigDict(
        env_prefix="ASSISTANT_", env_file=".env", frozen=True, extra="ignore"
    )

    corpus: Path = Field(Path("corpus"), description="Folder with the documents")
    index: Path = Field(Path("index"), description="Folder that holds the built index")
    encoder: str = Field(
        "bundled", description="'bundled', or the name or path of a sentence-transformers model"
    )
    reader: str = Field(
        "bundled",
        description="'bundled', 'similarity', or the name or path of a Hugging Face "
        "extractive question-answering model",
    )
    chroma_url: str = Field("", description="URL of a Chroma server; empty: embedded Chroma")
    llm: str = Field("", description="'provider:model' of a LangChain chat model; empty: none")
    llm_base_url: str = Field("", description="Base URL of an OpenAI-compatible server")
    llm_api_key: SecretStr = Field(SecretStr(""), description="Key for the LLM provider")
    host: str = Field("127.0.0.1", description="Address the server listens on")
    port: int = Field(7860, ge=0, le=65535, description="Port the server listens on")
